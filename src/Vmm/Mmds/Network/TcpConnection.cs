using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Mmds.Network;

/// <summary>
/// One connection that the guest opened (RFC 9293), as far as requests and answers over a wire that loses nothing need it: no
/// reordering, no congestion control, no window scaling; the oldest byte that is not acknowledged is sent again after a while.
/// Sequence numbers from the oldest unacknowledged one on are either SYN, stream, or FIN:
/// <code>
/// SYN at _first | stream of the answer up to _streamEnd | FIN at _streamEnd, once _finishes
/// </code>
/// <see cref="_next"/> walks along them; going back to <see cref="_unacknowledged"/> is all there is to sending again.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>Longest request, and so the receive window; Firecracker's.</summary>
    internal const int RequestBytes = 2500;

    /// <summary>Most payload of one segment: an Ethernet frame of the usual size.</summary>
    internal const int LargestPayload = 1460;

    /// <summary>What a peer takes that does not say (RFC 9293 section 3.7.1).</summary>
    private const int DefaultPayload = 536;

    private const long FirstTimeoutMilliseconds = 200;
    private const long LastTimeoutMilliseconds = 5000;

    /// <summary>Tries after which it is left to the guest to speak first: half a minute.</summary>
    private const int MaxTries = 10;

    private readonly byte[] _request = new byte[RequestBytes];
    private int _requestBytes;
    private MetadataAnswer _answer;
    private uint _answerStart;
    private uint _first;
    private uint _unacknowledged;
    private uint _next;
    private uint _highest;
    private uint _streamEnd;
    private uint _expected;
    private uint _window;
    private int _payloadLimit;
    private int _tries;
    private long _deadline;
    private bool _acknowledges;
    private bool _finishes;
    private bool _peerFinished;
    private bool _isReset;

    /// <summary>The guest's end.</summary>
    internal TcpPeer Peer { get; private set; }

    /// <summary>Where frames for it go.</summary>
    internal MacAddress PeerMac { get; private set; }

    /// <summary>When the guest was last heard, in the milliseconds of the caller.</summary>
    internal long LastHeard { get; private set; }

    /// <summary>When something is sent again; <see cref="long.MaxValue"/> when nothing is.</summary>
    internal long Deadline => _deadline;

    /// <summary>How often something was sent again since the connection was opened.</summary>
    internal long Retransmissions { get; private set; }

    /// <summary>Bytes that are held for the answer alone.</summary>
    internal int OwnBytes => _answer.OwnBytes;

    /// <summary>Everything was said on both sides.</summary>
    internal bool IsOver => _isReset || (_peerFinished && _finishes && _unacknowledged == _streamEnd + 1 && !_acknowledges);

    /// <summary>A reset that ends this connection.</summary>
    internal TcpReset Reset => new(Peer, PeerMac, MetadataNetwork.Port, _next, _expected, TcpFlags.Rst | TcpFlags.Ack);

    private bool IsEstablished => _unacknowledged != _first;

    private int UnsentBytes => (int)(_streamEnd - _next);

    /// <summary>What the peer's window has room for.</summary>
    private int Room => (int)(_unacknowledged + _window - _next);

    private bool HasEverythingAcknowledged => _unacknowledged == _streamEnd + (_finishes ? 1u : 0);

    /// <summary>Begins with the guest's SYN. The object may have served another connection before.</summary>
    internal void Open(in TcpSegment syn, TcpPeer peer, MacAddress mac, uint firstSequence, long now)
    {
        Peer = peer;
        PeerMac = mac;
        LastHeard = now;
        Release();
        _requestBytes = 0;
        _first = _unacknowledged = _next = _highest = firstSequence;
        _streamEnd = firstSequence + 1;
        _expected = syn.Sequence + 1;
        _window = syn.Window;
        _payloadLimit = Math.Clamp(syn.LargestPayload == 0 ? DefaultPayload : syn.LargestPayload, 1, LargestPayload);
        _acknowledges = _finishes = _peerFinished = _isReset = false;
        Retransmissions = 0;
        _tries = 0;
        _deadline = now + FirstTimeoutMilliseconds;
    }

    /// <summary>Lets go of the answer.</summary>
    internal void Release() => _answer = default;

    /// <summary>Goes back to the oldest unacknowledged sequence number when its time is over.</summary>
    internal void Expire(long now)
    {
        if (now < _deadline)
        {
            return;
        }

        if (++_tries > MaxTries)
        {
            _deadline = long.MaxValue;
            return;
        }

        _next = _unacknowledged;

        // A window that was closed may have been opened by a segment that this side never saw: ask with one byte.
        _window = Math.Max(_window, 1);
        _deadline = now + Math.Min(FirstTimeoutMilliseconds << _tries, LastTimeoutMilliseconds);
        Retransmissions++;
    }

    /// <summary>Begins the wait anew after progress, and when it was given up; a guest that only repeats itself does not prolong it.</summary>
    private void Schedule(bool hasProgressed, long now)
    {
        if (HasEverythingAcknowledged)
        {
            _deadline = long.MaxValue;
        }
        else if (hasProgressed || _deadline == long.MaxValue)
        {
            _tries = 0;
            _deadline = now + FirstTimeoutMilliseconds;
        }
    }
}
