using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Guest to host: the workload ended. Sent again on a new connection. The guest powers off when it is acknowledged or after ten seconds.</summary>
/// <param name="ExitCode">Exit code, or 128 + signal when a signal ended it.</param>
/// <param name="Message">One line when there is more to say, such as a missing program or what a probe found; else empty.</param>
/// <param name="Cause">Why it ended.</param>
public sealed record GuestExited(int ExitCode, string Message, GuestExitCause Cause = GuestExitCause.Ended) : GuestMessage
{
    internal override int Kind => 6;

    internal override void WriteFields(WireWriter map)
    {
        map.Field(1, ExitCode);
        map.Field(2, Message);
        if (Cause != GuestExitCause.Ended)
        {
            map.Field(3, (int)Cause);
        }
    }
}
