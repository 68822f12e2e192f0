"""Everything that the server answers by itself: fronts of the apps, the pages, who may call at all."""
