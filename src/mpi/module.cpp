#include "arete/core/module.hpp"

#include <memory>

#include "arete/core/version.hpp"
#include "mpi_communicator.hpp"
#include "session.hpp"

namespace {

std::unique_ptr<arete::Communicator> open_communicator() {
  return arete::mpi::mpi_communicator(std::make_shared<const arete::mpi::Session>());
}

const arete::ModuleTable table{arete::build_identifier(), nullptr, open_communicator, nullptr,
                               nullptr};

}  // namespace

extern "C" const arete::ModuleTable* arete_module() { return &table; }
