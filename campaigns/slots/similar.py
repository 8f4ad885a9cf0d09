"""What is like the item that the visitor looked at longest, and costs less?"""

from campaigns.slots.base import ITEM_HOLES, Slot, item_values, items_near

SLOT = Slot("similar", "A similar item at a lower price", ITEM_HOLES, items_near("similar"), item_values)
