"""What harvesters and catalogues read about a release: Data Package, DCAT, schema.org.

All are made from a release and the list of its downloads (entries of ``downloads.json``). The same release and list
give the same bytes: no time of day, no order by chance. Without a base address they hold relative addresses, which are
right wherever the folder lies.
"""
