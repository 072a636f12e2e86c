using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>
/// Collects a guest message's fields. Deterministic encoding puts key 0 first, so the kind is known before any other field.
/// </summary>
internal sealed class GuestMessageFields
{
    private readonly ulong[] _numbers = new ulong[7];
    private int _kind;
    private long _atUnixNs;
    private int _small;
    private string _text = "";
    private GuestState _state;
    private GuestExitCause _cause;
    private LogStream _stream = LogStream.Stdout;
    private bool _first;
    private bool _second;
    private ProcessSpec? _process;
    private GuestNetworkConfig? _network;
    private IReadOnlyList<GuestVolume> _volumes = [];
    private IReadOnlyList<TmpfsMount> _tmpfs = [];
    private ProbeSet _probes = ProbeSet.None;
    private IReadOnlyList<GuestSecret> _secrets = [];

    internal bool Take(WireReader reader, int key)
    {
        if (key == 0)
        {
            _kind = reader.ReadInt32();
            return true;
        }

        switch (_kind, key)
        {
            case (1, 1) or (3, 1) or (6, 1) or (8, 1) or (2, 3): _small = reader.ReadInt32(); return true;
            case (10, 3): _small = reader.ReadInt32(0); return true;
            case (1, 2) or (2, 2) or (4, 4) or (6, 2) or (9, 3): _text = reader.ReadText(); return true;
            case (1, 3): _state = reader.ReadEnum<GuestState>(); return true;
            case (4, 1) or (5, 1) or (10, 1 or 2 or 4 or 5 or 6): _numbers[key] = reader.ReadUInt64(); return true;
            case (4, 2) or (11, 1): _atUnixNs = reader.ReadInt64(); return true;
            case (4, 3): _stream = reader.ReadEnum<LogStream>(); return true;
            case (6, 3): _cause = reader.ReadEnum<GuestExitCause>(); return true;
            case (9, 1): _first = reader.ReadBoolean(); return true;
            case (9, 2): _second = reader.ReadBoolean(); return true;
            case (2, _): return TakeConfig(reader, key);
            default: return false;
        }
    }

    internal GuestMessage Finish(WireReader reader) => _kind switch
    {
        1 => new GuestHello(_small, _text, _state),
        2 => FinishConfig(reader),
        3 => new GuestStarted(_small),
        4 => new GuestLogLine(_numbers[1], _atUnixNs, _stream, _text),
        5 => new GuestLogAck(_numbers[1]),
        6 => new GuestExited(_small, _text, _cause),
        7 => new GuestExitAck(),
        8 => new GuestShutdown(_small),
        9 => new GuestHealth(_first, _second, _text),
        10 => new GuestMetrics(_numbers[1], _numbers[2], _small, _numbers[4], _numbers[5], _numbers[6]),
        11 => new GuestClock(_atUnixNs),
        _ => throw reader.Fault("a message kind from 1 to 11 (key 0)", _kind.ToString()),
    };

    private bool TakeConfig(WireReader reader, int key)
    {
        switch (key)
        {
            case 1: _process = ProcessSpec.Read(reader); return true;
            case 4: _network = GuestNetworkConfig.Read(reader); return true;
            case 5: _volumes = reader.ReadList(GuestVolume.Read); return true;
            case 6: _tmpfs = reader.ReadList(TmpfsMount.Read); return true;
            case 7: _probes = ProbeSet.Read(reader); return true;
            case 8: _secrets = reader.ReadList(GuestSecret.Read); return true;
            default: return false;
        }
    }

    private GuestConfig FinishConfig(WireReader reader) =>
        new(_process ?? throw reader.Fault("a process (key 1)", "none"), _text, _small)
        {
            Network = _network,
            Volumes = _volumes,
            Tmpfs = _tmpfs,
            Probes = _probes,
            Secrets = _secrets,
        };
}
