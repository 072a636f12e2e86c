using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Sessions;

/// <summary>Which side may send which frame in which kind of session, after the opening.</summary>
public static class SessionRules
{
    /// <summary>Largest number of a signal.</summary>
    private const int MaxSignal = 64;

    private const int ResizeBytes = 4;

    /// <summary>Checks what is wanted.</summary>
    /// <returns>The same.</returns>
    /// <exception cref="WireFormatException">It lacks something.</exception>
    public static SessionOpen CheckOpen(SessionOpen open) => open.Kind switch
    {
        SessionKind.Exec when open.Command.Count == 0 || open.Command[0].Length == 0 => throw new WireFormatException("session: expected a program, found none"),
        SessionKind.Forward when open.Port == 0 => throw new WireFormatException("session: expected a port, found none"),
        _ => open,
    };

    /// <summary>Checks a frame of the asking side.</summary>
    /// <exception cref="WireFormatException">It may not be sent.</exception>
    public static void CheckAsking(SessionKind kind, SessionFrame frame)
    {
        bool allowed = (kind, frame.Kind) switch
        {
            (SessionKind.Exec or SessionKind.Forward, SessionFrameKind.Input) => true,
            (SessionKind.Exec or SessionKind.Forward, SessionFrameKind.InputEnd) => frame.Content.IsEmpty,
            (SessionKind.Exec, SessionFrameKind.Resize) => frame.Content.Length == ResizeBytes,
            (SessionKind.Exec, SessionFrameKind.Signal) => frame.Content.Length == 1 && frame.Content.Span[0] is > 0 and <= MaxSignal,
            _ => false,
        };
        Require(allowed, kind, frame, "the asking side");
    }

    /// <summary>Checks a frame of the answering side.</summary>
    /// <exception cref="WireFormatException">It may not be sent.</exception>
    public static void CheckAnswering(SessionKind kind, SessionFrame frame)
    {
        bool allowed = (kind, frame.Kind) switch
        {
            (_, SessionFrameKind.Opened) => frame.Content.IsEmpty,
            (SessionKind.Exec or SessionKind.Forward, SessionFrameKind.Output) => true,
            (SessionKind.Exec, SessionFrameKind.ErrorOutput) => true,
            (SessionKind.Forward, SessionFrameKind.OutputEnd) => frame.Content.IsEmpty,
            (SessionKind.Logs, SessionFrameKind.LogEntry) => SessionLogEntry.Decode(frame.Content) is not null,
            (_, SessionFrameKind.Closed) => SessionClosed.Decode(frame.Content) is not null,
            _ => false,
        };
        Require(allowed, kind, frame, "the answering side");
    }

    private static void Require(bool allowed, SessionKind kind, SessionFrame frame, string side)
    {
        if (!allowed)
        {
            throw new WireFormatException($"session: {side} may not send {frame.Kind} with {frame.Content.Length} bytes in a session of kind {kind}");
        }
    }
}
