using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio.Net;

namespace MicroVm.Vmm.Mmds.Network;

/// <summary>
/// The metadata service as a host on the guest's network: ARP, IPv4 and TCP, as little of them as a web server for one guest needs.
/// What it holds has a bound: <see cref="MaxConnections"/> requests of <see cref="TcpConnection.RequestBytes"/>, and
/// <see cref="AnswerBudget"/> of answers that are no part of the document.
/// </summary>
internal sealed partial class MetadataNetwork : IFrameResponder, IRequestHandler
{
    /// <summary>Connections at once; one more takes the place of one that was silent for long, or is refused.</summary>
    internal const int MaxConnections = 16;

    /// <summary>Where the service listens.</summary>
    internal const ushort Port = 80;

    /// <summary>Bytes of answers beside the document, over all connections; one answer is always made.</summary>
    internal const int AnswerBudget = 256 * 1024;

    private const int MaxResets = 16;
    private const long SilenceMilliseconds = 10_000;
    private const int EthernetBytes = 14;
    private const int Ipv4Bytes = 20;

    /// <summary>Longest headers of IPv4 and TCP, 60 bytes each, and a request as long as the window.</summary>
    private const int FrameBytes = EthernetBytes + 60 + 60 + TcpConnection.RequestBytes;

    /// <summary>06:01:23:45:67:01, Firecracker's.</summary>
    internal static readonly MacAddress Mac = new(0x0601_2345_6701);

    private readonly MetadataService _service;
    private readonly uint _address;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly TcpConnection?[] _connections = new TcpConnection?[MaxConnections];
    private readonly Queue<TcpConnection> _spare = new();
    private readonly TcpReset[] _resets = new TcpReset[MaxResets];
    private int _resetCount;
    private int _connectionCount;
    private int _turn;
    private uint _nextSequence;
    private (MacAddress Mac, uint Address)? _arpReply;

    /// <param name="service">What answers requests; several interfaces may have the same.</param>
    /// <param name="clock">What decides about sending again; the host's monotonic clock when null.</param>
    internal MetadataNetwork(MetadataService service, TimeProvider? clock = null)
    {
        _service = service;
        _address = service.Config.Address;
        _clock = clock ?? TimeProvider.System;
        _start = _clock.GetTimestamp();

        // Only the guest could guess it, and only to its own harm.
        _nextSequence = (uint)_start * 2654435761;
    }

    public int MaxFrameBytes => FrameBytes;

    public bool HasFrame => _arpReply is not null || _resetCount != 0 || (_connectionCount != 0 && FindSender() is not null);

    public TimeSpan? UntilFrame
    {
        get
        {
            long deadline = long.MaxValue;
            foreach (TcpConnection? connection in _connections)
            {
                deadline = Math.Min(deadline, connection?.Deadline ?? long.MaxValue);
            }

            return deadline == long.MaxValue ? null : TimeSpan.FromMilliseconds(Math.Max(deadline - Now, 0));
        }
    }

    /// <summary>Connections there are.</summary>
    internal int ConnectionCount => _connectionCount;

    private long Now => (long)_clock.GetElapsedTime(_start).TotalMilliseconds;

    public void Reset()
    {
        for (int i = 0; i < MaxConnections; i++)
        {
            Remove(i);
        }

        _resetCount = 0;
        _arpReply = null;
    }

    /// <summary>Answers a request unless too much is held already for those before it.</summary>
    public MetadataAnswer Answer(ReadOnlySpan<byte> request)
    {
        MetadataAnswer answer = _service.Answer(request);
        long held = 0;
        foreach (TcpConnection? connection in _connections)
        {
            held += connection?.OwnBytes ?? 0;
        }

        if (held == 0 || held + answer.OwnBytes <= AnswerBudget)
        {
            return answer;
        }

        _service.Metrics.TxRefusals++;
        return MetadataAnswer.Text(default, 503, "Too many answers are on their way.");
    }

    private void Remove(int index)
    {
        if (_connections[index] is { } connection)
        {
            connection.Release();
            _spare.Enqueue(connection);
            _connections[index] = null;
            _connectionCount--;
            _service.Metrics.ConnectionsDestroyed++;
        }
    }

    private void Enqueue(in TcpReset reset)
    {
        // The guest has to live without those that are too many: it asks again.
        if (_resetCount < MaxResets)
        {
            _resets[_resetCount++] = reset;
        }
    }
}
