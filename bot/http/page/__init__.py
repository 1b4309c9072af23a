"""The web page as it is served: its files, their answers, an operator's name and colours."""
