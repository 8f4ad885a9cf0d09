"""What did the visitor look at longest?"""

from campaigns.slots.base import ITEM_HOLES, Slot, item_values, looked_at

SLOT = Slot("viewed", "The item looked at longest", ITEM_HOLES, looked_at, item_values)
