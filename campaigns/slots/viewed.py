"""What did the visitor look at longest?"""

from campaigns.slots.base import ITEM_HOLES, Slot, item_values, items_looked_at

SLOT = Slot("viewed", "The item looked at longest", ITEM_HOLES, items_looked_at, item_values)
