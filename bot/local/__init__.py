"""The local provider server: speech-to-text, text-to-speech and a scripted brain without a key.

It speaks Deepgram's and OpenAI's wire protocols, so the clients of the cloud run unchanged against
it. It imports no other part of the project; everything else reaches it over the network.
"""
