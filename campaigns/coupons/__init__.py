"""What is a coupon, and who may redeem it? What it gives and its limits (`terms`), its codes (`codes`), what is stored
(`tables`), and how an order takes it (`redeeming`)."""
