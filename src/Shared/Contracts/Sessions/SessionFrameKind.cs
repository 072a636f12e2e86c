namespace MicroVm.Shared.Contracts.Sessions;

/// <summary>
/// What a frame of a session is. The side that asks is the operator's, the side that answers is the agent or, behind it, the
/// guest's init.
/// </summary>
public enum SessionFrameKind : byte
{
    /// <summary>From the asking side, first: a <see cref="SessionOpen"/>.</summary>
    Open = 1,

    /// <summary>From the answering side, first: it was opened; empty.</summary>
    Opened = 2,

    /// <summary>To standard input of the program, or to the port: bytes.</summary>
    Input = 3,

    /// <summary>No more input; empty.</summary>
    InputEnd = 4,

    /// <summary>The terminal has another size: rows and columns, each 16 bits big-endian.</summary>
    Resize = 5,

    /// <summary>A signal for the program: one byte, its number.</summary>
    Signal = 6,

    /// <summary>From standard output or the terminal of the program, or from the port: bytes.</summary>
    Output = 7,

    /// <summary>From standard error of the program: bytes.</summary>
    ErrorOutput = 8,

    /// <summary>No more output of the port; empty. A program's output ends with <see cref="Closed"/>.</summary>
    OutputEnd = 9,

    /// <summary>A <see cref="SessionLogEntry"/>.</summary>
    LogEntry = 10,

    /// <summary>From the answering side, last: a <see cref="SessionClosed"/>.</summary>
    Closed = 11,
}
