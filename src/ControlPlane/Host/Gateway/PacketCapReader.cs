using System.Buffers;
using System.IO.Pipelines;

namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>
/// A connection's input that ends in a fault at a packet which is too large. Relies on its reader consuming whole packets
/// only, so that what is read always begins with a packet's header.
/// </summary>
internal sealed class PacketCapReader(PipeReader inner, Action<PacketFault> refused) : PipeReader
{
    private bool _first = true;
    private SequencePosition _start;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Check(await inner.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        result = Check(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _first &= consumed.Equals(_start);
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private ReadResult Check(in ReadResult result)
    {
        ReadOnlySequence<byte> buffer = result.Buffer;
        _start = buffer.Start;
        PacketFault fault = FixedHeader.Judge(buffer, _first);
        if (fault == PacketFault.None)
        {
            return result;
        }

        refused(fault);
        inner.AdvanceTo(buffer.End);
        throw new ConnectionResetByGuardException($"MQTT packet: expected a packet within the limits, found {fault}");
    }
}
