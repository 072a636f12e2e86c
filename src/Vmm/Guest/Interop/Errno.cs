namespace MicroVm.Vmm.Guest.Interop;

/// <summary>Values of <c>&lt;errno.h&gt;</c>, the same on x86_64 and aarch64.</summary>
internal static class Errno
{
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int InputOutput = 5;
    internal const int TryAgain = 11;
    internal const int Access = 13;
    internal const int Busy = 16;
    internal const int Exists = 17;
    internal const int NotDirectory = 20;
    internal const int ReadOnlyFileSystem = 30;
    internal const int BrokenPipe = 32;
    internal const int InProgress = 115;
}
