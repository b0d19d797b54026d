#include "arete/cli/launch.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

#include "arete/core/error.hpp"
#include "arete/core/module.hpp"

namespace arete::cli {

namespace {

/// What a launcher says of itself: the variable it set, and how many processes it started.
struct Launch {
  std::string variable;
  std::string processes = "1";
};

/// Launchers that only number their processes are taken to have started several.
Launch find_launch() {
  // The innermost launcher first: mpirun may itself run inside a step of Slurm.
  for (const char* const variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    if (const char* const value = std::getenv(variable)) return {variable, value};
  }
  for (const char* const variable : {"PMIX_RANK", "PMI_RANK"}) {
    if (std::getenv(variable) != nullptr) return {variable, "several"};
  }
  return {};
}

[[noreturn]] void refuse(const Launch& launch, std::string_view why) {
  fail(ErrorKind::unavailable,
       "this is one of {} processes (says {}), but {}; to use this machine alone, start arete "
       "without a launcher",
       launch.processes, launch.variable, why);
}

const ModuleTable& load_mpi(const Launch& launch) {
  try {
    return load_module("mpi");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unavailable) throw;
    refuse(launch, error.what());
  }
}

}  // namespace

bool is_launched() {
  const Launch launch = find_launch();
  return launch.processes != "1" || launch.variable == "OMPI_COMM_WORLD_SIZE";
}

std::unique_ptr<Communicator> open_communicator() {
  const Launch launch = find_launch();
  if (launch.processes == "1") return single_process();
  const ModuleTable& mpi = load_mpi(launch);
  if (mpi.open_communicator == nullptr) refuse(launch, "the MPI module opens no communicator");
  std::unique_ptr<Communicator> communicator = mpi.open_communicator();
  const int size = communicator->size();
  if (launch.processes != "several" && std::to_string(size) != launch.processes) {
    communicator.reset();  // one that an exception passes ends the process
    refuse(launch, fmt::format("MPI sees a world of {}", size));
  }
  return communicator;
}

}  // namespace arete::cli
