// Preloaded into the command by faults_test.cpp: makes one call fail, as a full disk, a broken one
// or an exhausted memory would.
//
//   ARETE_FAULT=write:3:/path    the third write fails; that file is made when it does
//
// Calls: read, write, fsync, rename, open; arch_prctl (asking for the tiles of AMX); new (operator
// new, by whatever part of the program); memalign (what holds rows and matrices, asked for by Arete
// itself, not by BLAS or OpenMP). They are counted from the beginning of main() on.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

struct Fault {
  char call[16] = {};
  long number = 0;
  char marker[256] = {};
  std::atomic<long> count = 0;
  std::atomic<bool> armed = false;
};

Fault& fault() {
  static Fault instance;
  return instance;
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

void mark() {
  static const auto real_open = next<int (*)(const char*, int, ...)>("open");
  ::close(real_open(fault().marker, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

/// Whether this call, one of `name`, is the one to fail.
bool fails(const char* name) {
  Fault& f = fault();
  if (!f.armed || std::strcmp(f.call, name) != 0 || ++f.count != f.number) return false;
  mark();
  return true;
}

bool is_of_arete(const void* caller) {
  Dl_info info{};
  return ::dladdr(caller, &info) != 0 && std::strstr(info.dli_fname, "arete") != nullptr;
}

int (*real_main)(int, char**, char**) = nullptr;

int armed_main(int argc, char** argv, char** environment) {
  Fault& f = fault();
  const char* const setting = std::getenv("ARETE_FAULT");
  if (setting != nullptr &&
      std::sscanf(setting, "%15[^:]:%ld:%255[^\n]", f.call, &f.number, f.marker) == 3) {
    f.armed = true;
  }
  return real_main(argc, argv, environment);
}

}  // namespace

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv,
                      int (*init)(int, char**, char**), void (*fini)(), void (*rtld_fini)(),
                      void* stack_end) {
  real_main = main;
  return next<decltype(&__libc_start_main)>("__libc_start_main")(armed_main, argc, argv, init, fini,
                                                                 rtld_fini, stack_end);
}

ssize_t read(int descriptor, void* buffer, size_t size) {
  if (fails("read")) return errno = EIO, -1;
  return next<decltype(&read)>("read")(descriptor, buffer, size);
}

ssize_t pread(int descriptor, void* buffer, size_t size, off_t offset) {
  if (fails("read")) return errno = EIO, -1;
  return next<decltype(&pread)>("pread")(descriptor, buffer, size, offset);
}

ssize_t write(int descriptor, const void* buffer, size_t size) {
  if (fails("write")) return errno = ENOSPC, -1;
  return next<decltype(&write)>("write")(descriptor, buffer, size);
}

int fsync(int descriptor) {
  if (fails("fsync")) return errno = EIO, -1;
  return next<decltype(&fsync)>("fsync")(descriptor);
}

int rename(const char* from, const char* to) {
  if (fails("rename")) return errno = EIO, -1;
  return next<decltype(&rename)>("rename")(from, to);
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (fails("open")) return errno = EMFILE, -1;
  return next<int (*)(const char*, int, ...)>("open")(path, flags, mode);
}

long syscall(long number, ...) {
  va_list arguments;
  va_start(arguments, number);
  long a[6] = {};
  for (long& one : a) one = va_arg(arguments, long);
  va_end(arguments);
  if (number == SYS_arch_prctl && fails("arch_prctl")) return errno = EPERM, -1;
  return next<decltype(&syscall)>("syscall")(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int posix_memalign(void** memory, size_t alignment, size_t size) {
  if (is_of_arete(__builtin_return_address(0)) && fails("memalign")) return ENOMEM;
  return next<decltype(&posix_memalign)>("posix_memalign")(memory, alignment, size);
}

}  // extern "C"

void* operator new(std::size_t size) {
  void* const memory = fails("new") ? nullptr : std::malloc(size);
  if (memory != nullptr) return memory;
  if (const std::new_handler handler = std::get_new_handler())
    handler();  // as the library's own does
  throw std::bad_alloc();
}

void* operator new[](std::size_t size) { return operator new(size); }

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
