using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Reported;

/// <summary>What every uplink begins with, so that a receiver can drop repeated and stale ones.</summary>
/// <param name="BootId">Made anew whenever the agent starts.</param>
/// <param name="Sequence">Rises with every uplink of one boot id, from 1.</param>
/// <param name="SentAtUnixMs">The device's clock when the message was made, in milliseconds since 1970. It may be wrong.</param>
public sealed record UplinkHeader(Guid BootId, ulong Sequence, long SentAtUnixMs)
{
    internal const int Version = 1;
    private const int GuidBytes = 16;

    internal void Write(WireWriter map, int version = Version)
    {
        map.Field(0, version);
        map.Field(1, BootId.ToByteArray(bigEndian: true));
        map.Field(2, Sequence);
        map.Field(3, SentAtUnixMs);
    }

    internal static Guid ReadBootId(WireReader reader)
    {
        byte[] bytes = reader.ReadBytes(GuidBytes);
        return bytes.Length == GuidBytes ? new Guid(bytes, bigEndian: true) : throw reader.Fault($"{GuidBytes} bytes", $"{bytes.Length}");
    }

    /// <summary>Collects the header's fields while a message's map is read.</summary>
    internal sealed class Reading
    {
        private int _version;
        private Guid _bootId;
        private ulong _sequence;
        private long _sentAt;

        internal bool Take(WireReader reader, int key)
        {
            switch (key)
            {
                case 0: _version = reader.ReadInt32(); return true;
                case 1: _bootId = ReadBootId(reader); return true;
                case 2: _sequence = reader.ReadUInt64(); return true;
                case 3: _sentAt = reader.ReadInt64(); return true;
                default: return false;
            }
        }

        /// <summary>Checks what was collected.</summary>
        /// <param name="reader">Where the message's map was read.</param>
        /// <param name="newest">Newest version of the message; those from 1 on are read.</param>
        internal UplinkHeader Finish(WireReader reader, int newest = Version)
        {
            if (_version < Version || _version > newest)
            {
                reader.RequireVersion(_version, newest);
            }

            return _bootId != Guid.Empty && _sequence > 0
                ? new UplinkHeader(_bootId, _sequence, _sentAt)
                : throw reader.Fault("a boot id and a sequence number (keys 1 and 2)", "not both");
        }
    }
}
