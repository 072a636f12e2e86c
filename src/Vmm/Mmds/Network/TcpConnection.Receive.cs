using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Mmds.Network;

/// <content>Segments of the guest: only what comes next is taken, everything else is answered with where this side is.</content>
internal sealed partial class TcpConnection
{
    /// <summary>Takes a segment, and answers the request that it completes.</summary>
    internal TcpOutcome Receive(in TcpSegment segment, MacAddress mac, IRequestHandler handler, long now)
    {
        if (segment.Has(TcpFlags.Rst))
        {
            // Exactly the next number, or it may be anybody's (RFC 5961 section 3.2).
            _isReset = segment.Sequence == _expected;
            return _isReset ? TcpOutcome.Taken : TcpOutcome.Unusual;
        }

        if (segment.Has(TcpFlags.Syn))
        {
            return ReceiveSyn(segment);
        }

        if (!segment.Has(TcpFlags.Ack))
        {
            return TcpOutcome.Unusual;
        }

        (uint acknowledged, uint end, bool finished) = (_unacknowledged, _streamEnd, _finishes);
        if (!TryAcknowledge(segment.Acknowledgment))
        {
            // Before the guest confirmed this connection it is one of its past (RFC 9293 section 3.10.7.4); afterwards tell where we are.
            _acknowledges |= IsEstablished;
            return IsEstablished ? TcpOutcome.Unusual : TcpOutcome.Foreign;
        }

        PeerMac = mac;
        LastHeard = now;
        _window = segment.Window;
        TcpOutcome outcome = TakePayload(segment);
        outcome = TryAnswer(handler) ? outcome : TcpOutcome.Broken;
        Schedule((acknowledged, end, finished) != (_unacknowledged, _streamEnd, _finishes), now);
        return outcome;
    }

    private TcpOutcome ReceiveSyn(in TcpSegment segment)
    {
        if (!IsEstablished && segment.Sequence + 1 == _expected)
        {
            // The guest asks again.
            _next = _first;
            return TcpOutcome.Taken;
        }

        // A guest that knows nothing of this connection answers this with a reset (RFC 5961 section 4.2).
        _acknowledges = true;
        return TcpOutcome.Unusual;
    }

    private bool TryAcknowledge(uint acknowledgment)
    {
        uint advance = acknowledgment - _unacknowledged;
        if (advance > _highest - _unacknowledged)
        {
            // What was acknowledged already comes again with every segment that the guest sends twice.
            return IsEstablished && (int)advance < 0;
        }

        if (!IsEstablished && advance == 0)
        {
            return false;
        }

        _unacknowledged = acknowledgment;
        if ((int)(_next - acknowledgment) < 0)
        {
            _next = acknowledgment;
        }

        if (advance != 0 && (int)(_unacknowledged - _streamEnd) >= 0)
        {
            Release();
        }

        return true;
    }

    private TcpOutcome TakePayload(in TcpSegment segment)
    {
        ReadOnlySpan<byte> payload = segment.Payload;
        int seen = (int)(_expected - segment.Sequence);
        if (payload.IsEmpty && !segment.Has(TcpFlags.Fin))
        {
            // A keep-alive asks with a number of the past; any other is not answered, or both sides might go on for ever.
            _acknowledges |= seen > 0;
            return seen == 0 ? TcpOutcome.Taken : TcpOutcome.Unusual;
        }

        _acknowledges = true;
        if (seen < 0 || seen > payload.Length || _peerFinished)
        {
            return TcpOutcome.Unusual;
        }

        int taken = Store(payload[seen..]);
        _expected += (uint)taken;
        bool isWhole = seen + taken == payload.Length;
        if (segment.Has(TcpFlags.Fin) && isWhole)
        {
            _peerFinished = true;
            _expected++;
        }

        return isWhole ? TcpOutcome.Taken : TcpOutcome.Unusual;
    }

    /// <summary>Keeps as much as there is room for; what comes after the last answer is of no interest, but must not block the peer.</summary>
    private int Store(ReadOnlySpan<byte> payload)
    {
        if (_finishes)
        {
            return payload.Length;
        }

        int taken = Math.Min(payload.Length, RequestBytes - _requestBytes);
        payload[..taken].CopyTo(_request.AsSpan(_requestBytes));
        _requestBytes += taken;
        return taken;
    }

    /// <summary>Answers the next request, when there is one and the last answer has arrived; false when there cannot be one any more.</summary>
    private bool TryAnswer(IRequestHandler handler)
    {
        if (_finishes || _unacknowledged != _streamEnd)
        {
            return true;
        }

        int end = RequestEnd(_request.AsSpan(0, _requestBytes));
        if (end == 0)
        {
            _finishes = _peerFinished;
            return _finishes || _requestBytes < RequestBytes;
        }

        _answer = handler.Answer(_request.AsSpan(0, end));
        _request.AsSpan(end, _requestBytes - end).CopyTo(_request);
        _requestBytes -= end;
        _answerStart = _streamEnd;
        _streamEnd += (uint)_answer.Bytes;
        _finishes = _answer.Closes;
        _requestBytes = _finishes ? 0 : _requestBytes;
        return true;
    }

    /// <summary>Bytes up to the end of the first empty line; 0 without one.</summary>
    private static int RequestEnd(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf("\n\r\n"u8);
        int bare = bytes.IndexOf("\n\n"u8);
        return end >= 0 && (bare < 0 || end < bare) ? end + 3 : bare >= 0 ? bare + 2 : 0;
    }
}
