#include "session.hpp"

#include <mpi.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "arete/core/error.hpp"

namespace arete::mpi {

Session::Session() {
  // Open MPI needs no help to be loaded with RTLD_LOCAL, as modules are: its plugins themselves
  // name the libraries that they need.
  int provided = MPI_THREAD_SINGLE;
  expect_success(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided),
                 "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED) {
    MPI_Finalize();
    fail(ErrorKind::unavailable, "this MPI library does not allow a program to have threads");
  }
  // What fails is to be reported by us, not to end the process where it stands.
  expect_success(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN),
                 "MPI_Comm_set_errhandler");
}

Session::~Session() { MPI_Finalize(); }

void expect_success(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  fail(ErrorKind::resource, "{} failed: {}", call,
       std::string_view(text.data(), static_cast<std::size_t>(length)));
}

}  // namespace arete::mpi
