using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>
/// Collects a guest message's fields. Deterministic encoding puts key 0 first, so the kind is known before any other field.
/// </summary>
internal sealed class GuestMessageFields
{
    private int _kind;
    private ulong _number;
    private long _atUnixNs;
    private int _small;
    private string _text = "";
    private GuestState _state;
    private LogStream _stream = LogStream.Stdout;
    private ProcessSpec? _process;

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
            case (1, 2) or (2, 2) or (4, 4) or (6, 2): _text = reader.ReadText(); return true;
            case (1, 3): _state = reader.ReadEnum<GuestState>(); return true;
            case (2, 1): _process = ProcessSpec.Read(reader); return true;
            case (4, 1) or (5, 1): _number = reader.ReadUInt64(); return true;
            case (4, 2): _atUnixNs = reader.ReadInt64(); return true;
            case (4, 3): _stream = reader.ReadEnum<LogStream>(); return true;
            default: return false;
        }
    }

    internal GuestMessage Finish(WireReader reader) => _kind switch
    {
        1 => new GuestHello(_small, _text, _state),
        2 => new GuestConfig(_process ?? throw reader.Fault("a process (key 1)", "none"), _text, _small),
        3 => new GuestStarted(_small),
        4 => new GuestLogLine(_number, _atUnixNs, _stream, _text),
        5 => new GuestLogAck(_number),
        6 => new GuestExited(_small, _text),
        7 => new GuestExitAck(),
        8 => new GuestShutdown(_small),
        _ => throw reader.Fault("a message kind from 1 to 8 (key 0)", _kind.ToString()),
    };
}
