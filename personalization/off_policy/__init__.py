"""What would another policy have brought on the traffic of the last days? Logged decisions and what came of them, as
`campaigns.ope` weighs them."""
