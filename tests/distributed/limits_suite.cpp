// Run by mpirun: the communicator with limits that tests can reach.
//   limits_suite               messages in many pieces; a hundred jobs that fail
//   limits_suite SCENARIO      a job that is to end by itself, with exit code 6
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "arete/core/error.hpp"
#include "distributed/mpi_suite.hpp"
#include "mpi_communicator.hpp"
#include "session.hpp"

namespace arete::test {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Communicator> open_communicator() {
  return mpi::mpi_communicator(std::make_shared<const mpi::Session>(), {4001, 1s});
}

/// Where rank 1 has failed, and says so or not, while the others wait for it in a sum.
void wait_for_rank_1(Communicator& communicator) {
  std::array<double, 1> value{};
  try {
    while (true) communicator.all_reduce_sum(std::span<double>(value));
  } catch (const OtherRankFailed&) {
    static_cast<void>(communicator.agree_on_failure({}));
  }
}

/// A rank that computes for long, and does not look whether others have failed.
void one_does_not_hear() {
  const auto communicator = open_communicator();
  if (communicator->rank() == 0) std::this_thread::sleep_for(1h);
  if (communicator->rank() != 1) return wait_for_rank_1(*communicator);
  const Failure failure = communicator->agree_on_failure(Failure{0, "", 6, "bad rows"});
  if (!failure.known_to_all) std::cerr << "rank " << failure.rank << " gave up\n";
}

/// An exception that reaches the communicator's end before anybody told the others of it.
void exception_passes() {
  try {
    const auto communicator = open_communicator();
    if (communicator->rank() == 1) throw std::runtime_error("nobody is told of this");
    wait_for_rank_1(*communicator);
  } catch (const std::exception&) {
    std::cerr << "the process went on\n";
  }
}

/// A rank that ends while the others expect more of it.
void one_ends_too_soon() {
  const auto communicator = open_communicator();
  if (communicator->rank() == 0) return;
  static_cast<void>(communicator->agree_on_failure(Failure{0, "", 6, "bad rows"}));
}

/// A rank that is killed.
void one_dies() {
  const auto communicator = open_communicator();
  if (communicator->rank() == 1) std::_Exit(6);
  wait_for_rank_1(*communicator);
}

int run_scenario(std::string_view name) {
  if (name == "one_does_not_hear") one_does_not_hear();
  if (name == "exception_passes") exception_passes();
  if (name == "one_ends_too_soon") one_ends_too_soon();
  if (name == "one_dies") one_dies();
  return 0;
}

int run_tests() {
  const auto session = std::make_shared<const mpi::Session>();
  const auto communicator = mpi::mpi_communicator(session, {4001, 10s});
  register_communicator_cases(*communicator);
  register_test("AgreesOnAFailure", [&] {
    for (unsigned seed = 0; seed < 100; ++seed) {
      expect_agreement_on_failure(*mpi::mpi_communicator(session), seed);
    }
  });
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace arete::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return argc > 1 ? arete::test::run_scenario(argv[1]) : arete::test::run_tests();
}
