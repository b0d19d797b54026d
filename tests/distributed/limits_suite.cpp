// Run by mpirun: the communicator with limits that tests can reach.
//   limits_suite               messages in many pieces; a hundred jobs that fail
//   limits_suite SCENARIO      a job that ends badly, but is to end
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

/// The exit code of a rank that waits in sums until it hears of a failure.
int wait_for_failure(Communicator& communicator) {
  std::array<double, 1> value{};
  try {
    while (true) communicator.all_reduce_sum(std::span<double>(value));
  } catch (const OtherRankFailed&) {
    return communicator.agree_on_failure({}).exit_code;
  }
}

/// A rank that computes for long, and does not look whether others have failed.
int one_does_not_hear() {
  const auto communicator = open_communicator();
  if (communicator->rank() == 0) std::this_thread::sleep_for(1h);
  if (communicator->rank() != 1) return wait_for_failure(*communicator);
  const Failure failure = communicator->agree_on_failure(Failure{0, "", 6, "bad rows"});
  if (!failure.known_to_all) std::cerr << "rank " << failure.rank << " gave up\n";
  return failure.exit_code;
}

/// An exception that reaches the communicator's end before anybody told the others of it.
int exception_passes() {
  try {
    const auto communicator = open_communicator();
    if (communicator->rank() == 1) throw std::runtime_error("nobody is told of this");
    return wait_for_failure(*communicator);
  } catch (const std::runtime_error&) {
    return 1;
  }
}

/// A rank that is killed.
int one_dies() {
  const auto communicator = open_communicator();
  if (communicator->rank() == 1) std::_Exit(6);
  return wait_for_failure(*communicator);
}

/// A rank that writes for longer than a failure is usually waited for.
int one_saves_slowly() {
  const auto communicator = open_communicator();
  communicator->allow_delay(20s);
  if (communicator->rank() != 1) return wait_for_failure(*communicator);
  communicator->announce_failure();
  std::this_thread::sleep_for(3s);  // beyond the limits of all ranks
  return communicator->agree_on_failure(Failure{0, "", 6, "bad rows"}).exit_code;
}

/// Ranks that take each other's failure for granted: a bug, which is to be told.
int nobody_fails() {
  const auto communicator = open_communicator();
  const Failure failure = communicator->agree_on_failure({});
  if (communicator->rank() == 0) std::cerr << failure.message << '\n';
  return failure.exit_code;
}

int run_scenario(std::string_view name) {
  if (name == "one_does_not_hear") return one_does_not_hear();
  if (name == "exception_passes") return exception_passes();
  if (name == "one_dies") return one_dies();
  if (name == "one_saves_slowly") return one_saves_slowly();
  if (name == "nobody_fails") return nobody_fails();
  return 2;
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
  register_test("HearsOfAnAnnouncedFailure",
                [&] { expect_announcement_is_heard(*mpi::mpi_communicator(session)); });
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace arete::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return argc > 1 ? arete::test::run_scenario(argv[1]) : arete::test::run_tests();
}
