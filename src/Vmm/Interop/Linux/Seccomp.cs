using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary>Installs system call filters (Documentation/userspace-api/seccomp_filter.rst). They hold until the thread ends.</summary>
internal static unsafe class Seccomp
{
    /// <summary>BPF_MAXINSNS.</summary>
    internal const int MaxInstructions = 4096;

    /// <summary>SECCOMP_FILTER_FLAG_TSYNC: for every thread of the process.</summary>
    internal const uint AllThreads = 1;

    // seccomp(2) of <asm/unistd.h>, not in the C library.
    internal const int NumberOnX64 = 317, NumberOnArm64 = 277;

    private const uint SetModeFilter = 1;
    private const int SetNoNewPrivileges = 38;

    private static nint Number => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? NumberOnArm64 : NumberOnX64;

    /// <summary>Installs a program of 1 to <see cref="MaxInstructions"/> instructions on this thread, and those it makes, or on all.</summary>
    /// <exception cref="OsFaultException">The kernel refuses it.</exception>
    internal static void Install(ReadOnlySpan<SockFilter> program, uint flags)
    {
        // Without it an unprivileged process may install none; it is what the jail wants anyway.
        if (Libc.prctl(SetNoNewPrivileges, 1, 0, 0, 0) != 0)
        {
            throw OsFaultException.FromLastError("prctl", "PR_SET_NO_NEW_PRIVS");
        }

        // SAFETY: pinned for the call, which copies the program.
        fixed (SockFilter* filter = program)
        {
            SockProgram request = new() { Length = (ushort)program.Length, Filter = filter };
            nint result = Libc.seccomp(Number, SetModeFilter, flags, &request);
            if (result != 0)
            {
                throw result < 0
                    ? OsFaultException.FromLastError("seccomp", "SECCOMP_SET_MODE_FILTER")
                    : new OsFaultException("seccomp", $"SECCOMP_FILTER_FLAG_TSYNC: thread {result} has filters of its own", 0);
            }
        }
    }
}
