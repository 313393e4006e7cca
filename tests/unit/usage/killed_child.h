// A process of one's own, killed at any moment, and what it had told until then.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <doctest/doctest.h>

namespace aigw::usage {

// Starts a child that runs `work(report)`, which does not return: it writes a letter to the file `report` after each
// thing that it did. Kills it after `letters` of them; returns all that it wrote.
template <typename Work>
std::string run_and_kill(std::size_t letters, Work work) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(ends[0]);
    work(ends[1]);
    ::_exit(1);
  }
  ::close(ends[1]);
  std::string reported;
  bool killed = false;
  for (char letter = 0; ::read(ends[0], &letter, 1) == 1;) {
    reported += letter;
    if (!killed && reported.size() >= letters) killed = ::kill(child, SIGKILL) == 0;
  }
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return reported;
}

}  // namespace aigw::usage
