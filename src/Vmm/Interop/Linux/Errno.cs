namespace MicroVm.Vmm.Interop.Linux;

/// <summary>The values of <c>&lt;errno.h&gt;</c> that the process acts on.</summary>
internal static class Errno
{
    internal const int Perm = 1;
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int Again = 11;
    internal const int OutOfMemory = 12;
    internal const int Pipe = 32;
}
