#include <sys/resource.h>
#include <unistd.h>

#include <string_view>

#include "arete/core/error.hpp"

// OpenBLAS takes its buffers as it is loaded, and tries forever where `ulimit -v` denies it the
// addresses. What an executable has in .preinit_array runs before any library does anything: there
// is time to say so.
namespace {

constexpr rlim_t least_address_space = rlim_t{512}
                                       << 20;  ///< bytes; it hung at 307 MB and ran at 400

void check_address_space(int /*argc*/, char** /*argv*/, char** /*environment*/) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur >= least_address_space) return;
  constexpr std::string_view message =
      "arete: error: the limit of address space (ulimit -v) is below 512 MB, with which OpenBLAS "
      "does not "
      "start; raise it, and use --memory to limit what Arete takes\n";
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, message.data(), message.size());
  ::_exit(static_cast<int>(arete::ErrorKind::resource));
}

[[gnu::section(".preinit_array"),
  gnu::used]] void (*const before_libraries)(int, char**, char**) = check_address_space;

}  // namespace
