"""What happens to the calls of one session, without Pipecat, tasks or a clock of its own."""
