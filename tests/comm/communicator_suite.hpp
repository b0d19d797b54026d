#pragma once

#include <string>
#include <vector>

#include "arete/comm/communicator.hpp"

// What every communicator must do, whatever carries its messages. Every rank runs the same
// function, and knows by itself what it should receive.
namespace arete::test {

struct CommunicatorCase {
  std::string name;
  void (*run)(Communicator&);
};

/// Jobs that go well. A communicator may run one after another.
[[nodiscard]] std::vector<CommunicatorCase> communicator_cases();

/// A job that fails: after a few collective calls some ranks fail, each after a while of its own,
/// and the others come to wait for them, each in its own way; all by the dice of `seed`. The
/// communicator is at its end then.
void expect_agreement_on_failure(Communicator& communicator, unsigned seed);

/// Rank 0 announces its failure, and agrees on it some time later: the others, who only look for
/// failures, hear of it before. The communicator is at its end then.
void expect_announcement_is_heard(Communicator& communicator);

}  // namespace arete::test
