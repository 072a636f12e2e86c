namespace MicroVm.Vmm.Guest.Interop;

/// <summary>Requests of ioctl(2) to terminals and pipes, <c>&lt;asm-generic/ioctls.h&gt;</c>.</summary>
internal static class TerminalRequests
{
    /// <summary>TIOCSCTTY: makes it the session's controlling terminal.</summary>
    internal const nuint SetControlling = 0x540E;

    /// <summary>TIOCSWINSZ.</summary>
    internal const nuint SetWindowSize = 0x5414;

    /// <summary>FIONREAD: bytes that can be read.</summary>
    internal const nuint BytesToRead = 0x541B;

    /// <summary>TIOCSPTLCK: locks or unlocks the other side of a pseudo-terminal.</summary>
    internal const nuint LockPeer = 0x4004_5431;

    /// <summary>TIOCGPTPEER: opens the other side of a pseudo-terminal; the argument is open(2)'s flags.</summary>
    internal const nuint OpenPeer = 0x5441;
}
