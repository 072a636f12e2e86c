namespace MicroVm.Vmm.Guest.Interop;

/// <summary>pipe2(2).</summary>
internal static unsafe class Pipes
{
    private const int GetStatusFlags = 3;
    private const int SetStatusFlags = 4;

    /// <summary>A close-on-exec pipe with a non-blocking reading end; the writing end blocks, as programs expect.</summary>
    internal static (int ReadEnd, int WriteEnd) Make(string subject)
    {
        (int readEnd, int writeEnd) = MakeBlocking(subject);
        DoNotBlock(readEnd, subject);
        return (readEnd, writeEnd);
    }

    /// <summary>A close-on-exec pipe with a non-blocking writing end, for a program's standard input.</summary>
    internal static (int ReadEnd, int WriteEnd) MakeForWriting(string subject)
    {
        (int readEnd, int writeEnd) = MakeBlocking(subject);
        DoNotBlock(writeEnd, subject);
        return (readEnd, writeEnd);
    }

    /// <summary>Makes calls on a descriptor answer EAGAIN instead of waiting.</summary>
    internal static void DoNotBlock(int fd, string subject)
    {
        int flags = Libc.fcntl(fd, GetStatusFlags, 0);
        OsFaultException.Check(Libc.fcntl(fd, SetStatusFlags, flags | Fd.NonBlock), "fcntl", subject);
    }

    private static (int ReadEnd, int WriteEnd) MakeBlocking(string subject)
    {
        int* ends = stackalloc int[2];
        // SAFETY: two descriptors are written.
        OsFaultException.Check(Libc.pipe2(ends, Fd.CloseOnExec), "pipe2", subject);
        return (ends[0], ends[1]);
    }
}
