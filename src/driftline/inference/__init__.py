"""How large chance alone can make a difference: the errors of means, shares and distances."""
