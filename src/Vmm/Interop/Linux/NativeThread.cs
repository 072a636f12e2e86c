using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Linux;

/// <summary>
/// A POSIX thread that runs managed code. <see cref="Thread.Start()"/> yields in a loop until the new thread has run, which on a
/// processor with other work costs milliseconds; this start returns at once. The thread does not keep the process alive.
/// </summary>
internal sealed unsafe class NativeThread
{
    private const int ClockMonotonic = 1;

    /// <summary>Room for <c>pthread_attr_t</c>, which has 56 bytes on x86_64 and 64 on aarch64.</summary>
    private const int AttributeBytes = 128;

    private const int SmallestPageBytes = 4096;

    private readonly nuint _thread;
    private bool _isJoined;

    private NativeThread(nuint thread) => _thread = thread;

    /// <summary>Runs <paramref name="body"/>, which must not let an exception out: nobody would be there to catch it.</summary>
    /// <param name="body">What the thread does.</param>
    /// <param name="stackBytes">Size of its stack; a multiple of the page size and at least PTHREAD_STACK_MIN.</param>
    /// <exception cref="OsFaultException">The host refuses another thread.</exception>
    internal static NativeThread Start(Action body, int stackBytes)
    {
        // SAFETY: the attributes are of the stack and larger than their type; the handle keeps the delegate alive until the thread has it.
        byte* attributes = stackalloc byte[AttributeBytes];
        _ = Libc.pthread_attr_init(attributes);

        // The C library takes a guard page out of the stack: half of it where pages have 64 KiB.
        int guardBytes = Environment.SystemPageSize > SmallestPageBytes ? Environment.SystemPageSize : 0;
        _ = Libc.pthread_attr_setstacksize(attributes, (nuint)(stackBytes + guardBytes));
        GCHandle handle = GCHandle.Alloc(body);
        nuint thread;
        int errno = Libc.pthread_create(&thread, attributes, &Enter, (void*)GCHandle.ToIntPtr(handle));
        if (errno != 0)
        {
            handle.Free();
            throw new OsFaultException("pthread_create", "thread", errno);
        }

        return new NativeThread(thread);
    }

    /// <summary>Waits for the thread's end; false when it takes longer than <paramref name="patience"/>.</summary>
    internal bool Join(TimeSpan patience)
    {
        if (!_isJoined)
        {
            long* deadline = stackalloc long[2];
            _ = Libc.clock_gettime(ClockMonotonic, deadline);
            long nanoseconds = deadline[1] + (patience.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
            deadline[0] += (patience.Ticks / TimeSpan.TicksPerSecond) + (nanoseconds / 1_000_000_000);
            deadline[1] = nanoseconds % 1_000_000_000;

            // SAFETY: a thread is joined once, and its result is of no interest.
            _isJoined = Libc.pthread_clockjoin_np(_thread, null, ClockMonotonic, deadline) == 0;
        }

        return _isJoined;
    }

    [UnmanagedCallersOnly]
    private static void* Enter(void* argument)
    {
        GCHandle handle = GCHandle.FromIntPtr((nint)argument);
        Action body = (Action)handle.Target!;
        handle.Free();
        body();
        return null;
    }
}
