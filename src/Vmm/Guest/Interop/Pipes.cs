namespace MicroVm.Vmm.Guest.Interop;

/// <summary>pipe2(2).</summary>
internal static unsafe class Pipes
{
    private const int GetStatusFlags = 3;
    private const int SetStatusFlags = 4;

    /// <summary>A close-on-exec pipe with a non-blocking reading end; the writing end blocks, as programs expect.</summary>
    internal static (int ReadEnd, int WriteEnd) Make(string subject)
    {
        int* ends = stackalloc int[2];
        // SAFETY: two descriptors are written.
        OsFaultException.Check(Libc.pipe2(ends, Fd.CloseOnExec), "pipe2", subject);
        int flags = Libc.fcntl(ends[0], GetStatusFlags, 0);
        OsFaultException.Check(Libc.fcntl(ends[0], SetStatusFlags, flags | Fd.NonBlock), "fcntl", subject);
        return (ends[0], ends[1]);
    }
}
