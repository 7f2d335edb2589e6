"""A small shop till: prices in whole cents, offers, baskets."""
