namespace MicroVm.Vmm.Mmds.Network;

/// <content>Segments for the guest, made when there is room for them: until then nothing is queued, and so nothing lost.</content>
internal sealed partial class TcpConnection
{
    private const int SynHeaderBytes = TcpSegment.HeaderBytes + 4;

    /// <summary>Something can be sent.</summary>
    internal bool HasSegment => _acknowledges || IsSynDue || PayloadDue > 0 || IsFinDue;

    private bool IsSynDue => _next == _first;

    private int PayloadDue => !IsEstablished ? 0 : Math.Min(Math.Min(UnsentBytes, Room), _payloadLimit);

    private bool IsFinDue => _finishes && IsEstablished && _next == _streamEnd;

    /// <summary>Writes the next segment, with everything but ports and checksum, which are the caller's; returns its bytes.</summary>
    internal int Write(Span<byte> segment)
    {
        _acknowledges = false;
        if (IsSynDue)
        {
            WriteHeader(segment, SynHeaderBytes, TcpFlags.Syn | TcpFlags.Ack);
            NetworkOrder.Write32(segment, TcpSegment.HeaderBytes, (2 << 24) | (4 << 16) | LargestPayload);
            Advance(1);
            return SynHeaderBytes;
        }

        int payload = Math.Max(PayloadDue, 0);
        if (payload > 0)
        {
            WriteHeader(segment, TcpSegment.HeaderBytes, TcpFlags.Ack | (payload == UnsentBytes ? TcpFlags.Psh : TcpFlags.None));
            _answer.CopyTo((int)(_next - _answerStart), segment.Slice(TcpSegment.HeaderBytes, payload));
            Advance((uint)payload);
        }
        else
        {
            bool isFin = IsFinDue;
            WriteHeader(segment, TcpSegment.HeaderBytes, TcpFlags.Ack | (isFin ? TcpFlags.Fin : TcpFlags.None));
            Advance(isFin ? 1u : 0);
        }

        return TcpSegment.HeaderBytes + payload;
    }

    private void WriteHeader(Span<byte> segment, int headerBytes, TcpFlags flags)
    {
        segment[..headerBytes].Clear();
        NetworkOrder.Write32(segment, 4, _next);
        NetworkOrder.Write32(segment, 8, _expected);
        segment[12] = (byte)(headerBytes / 4 << 4);
        segment[13] = (byte)flags;
        NetworkOrder.Write16(segment, 14, RequestBytes - _requestBytes);
    }

    private void Advance(uint taken)
    {
        _next += taken;
        if ((int)(_next - _highest) > 0)
        {
            _highest = _next;
        }
    }
}
