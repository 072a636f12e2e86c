using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Guest to host: the workload ended. Sent again on a new connection. The guest powers off when it is acknowledged or after ten seconds.</summary>
/// <param name="ExitCode">Exit code, or 128 + signal when a signal ended it.</param>
/// <param name="Message">One line when it could not be started, such as a missing program; else empty.</param>
public sealed record GuestExited(int ExitCode, string Message) : GuestMessage
{
    internal override int Kind => 6;

    internal override void WriteFields(WireWriter map)
    {
        map.Field(1, ExitCode);
        map.Field(2, Message);
    }
}
