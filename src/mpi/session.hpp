#pragma once

namespace arete::mpi {

/// MPI itself, from MPI_Init_thread to MPI_Finalize: once in a process. All calls to MPI come from
/// the thread that made it. Throws Error (unavailable) where MPI does not allow other threads.
class Session {
 public:
  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

/// Throws Error (resource), with MPI's own text, when the function of MPI that is called `call` has
/// not returned MPI_SUCCESS.
void expect_success(int code, const char* call);

}  // namespace arete::mpi
