// Run by mpirun: the communicator that the module opens, loaded as the command loads it, does what
// every communicator does, and ends well after a failure.
#include <gtest/gtest.h>

#include <memory>

#include "arete/core/module.hpp"
#include "distributed/mpi_suite.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const auto communicator = arete::load_module("mpi").open_communicator();
  arete::test::register_communicator_cases(*communicator);
  arete::test::register_test("AgreesOnAFailure",
                             [&] { arete::test::expect_agreement_on_failure(*communicator, 1); });
  return RUN_ALL_TESTS();
}
