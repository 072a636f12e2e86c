using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace MicroVm.EdgeAgent.Networks.Names;

/// <summary>Answers questions about the device's own VMs. Pure.</summary>
internal static class LocalNames
{
    private const string Domain = VmAttachment.Domain, Reverse = ".in-addr.arpa";
    private const byte NoError = 0, ServerFailure = 2, NoSuchName = 3;
    private const int LifetimeSeconds = 5;

    /// <summary>The answer to a question about a VM; null when the question is for somebody else.</summary>
    /// <param name="message">The question's message.</param>
    /// <param name="query">The same, read.</param>
    /// <param name="vms">VMs that have a network.</param>
    /// <param name="pool">Addresses of VMs.</param>
    internal static byte[]? Answer(ReadOnlySpan<byte> message, in DnsQuery query, IReadOnlyList<NetworkedVm> vms, IPNetwork pool)
    {
        if (query.Name == Domain)
        {
            return Compose(message, query, NoError, []);
        }

        if (query.Name.EndsWith("." + Domain, StringComparison.Ordinal))
        {
            string name = query.Name[..^(Domain.Length + 1)];
            return vms.FirstOrDefault(vm => vm.Link.Vm.Value == name) is NetworkedVm vm
                ? Compose(message, query, NoError, RecordOf(query, vm))
                : Compose(message, query, NoSuchName, []);
        }

        if (query.Name.EndsWith(Reverse, StringComparison.Ordinal) && AddressOf(query.Name) is IPAddress address && pool.Contains(address))
        {
            return vms.FirstOrDefault(vm => vm.Link.Ipv4.Equals(address)) is NetworkedVm vm
                ? Compose(message, query, NoError, query.Type == DnsQuery.TypePtr ? NameOf(vm) : [])
                : Compose(message, query, NoSuchName, []);
        }

        return null;
    }

    /// <summary>The answer when nobody else answered.</summary>
    internal static byte[] Failure(ReadOnlySpan<byte> message, in DnsQuery query) => Compose(message, query, ServerFailure, []);

    private static byte[] RecordOf(in DnsQuery query, NetworkedVm vm) => (query.Class, query.Type) switch
    {
        (DnsQuery.ClassInternet, DnsQuery.TypeA) => vm.Link.Ipv4.GetAddressBytes(),
        (DnsQuery.ClassInternet, DnsQuery.TypeAaaa) => vm.Ipv6?.GetAddressBytes() ?? [],
        _ => [],
    };

    private static byte[] NameOf(NetworkedVm vm)
    {
        List<byte> name = [];
        foreach (string label in $"{vm.Link.Vm.Value}.{Domain}".Split('.'))
        {
            name.Add((byte)label.Length);
            name.AddRange(Encoding.ASCII.GetBytes(label));
        }

        name.Add(0);
        return [.. name];
    }

    /// <summary>The address in a name such as 2.0.30.172.in-addr.arpa.</summary>
    private static IPAddress? AddressOf(string name)
    {
        string[] parts = name[..^Reverse.Length].Split('.');
        byte[] bytes = new byte[4];
        for (int i = 0; i < 4; i++)
        {
            if (parts.Length != 4 || !byte.TryParse(parts[3 - i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return null;
            }
        }

        return new IPAddress(bytes);
    }

    /// <summary>Head and question as they came, marked as an authority's answer, and at most one record.</summary>
    private static byte[] Compose(ReadOnlySpan<byte> message, in DnsQuery query, byte code, ReadOnlySpan<byte> record)
    {
        const int recordHeadBytes = 12;
        byte[] answer = new byte[query.EndBytes + (record.IsEmpty ? 0 : recordHeadBytes + record.Length)];
        message[..query.EndBytes].CopyTo(answer);
        // QR and AA; RD as it was asked; RA.
        answer[2] = (byte)(0x84 | (message[2] & 0x01));
        answer[3] = (byte)(0x80 | code);
        answer.AsSpan(6, 6).Clear();
        if (record.IsEmpty)
        {
            return answer;
        }

        answer[7] = 1;
        Span<byte> rest = answer.AsSpan(query.EndBytes);
        // The name is the one in the question.
        BinaryPrimitives.WriteUInt16BigEndian(rest, 0xC000 | DnsQuery.HeaderBytes);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], query.Type);
        BinaryPrimitives.WriteUInt16BigEndian(rest[4..], DnsQuery.ClassInternet);
        BinaryPrimitives.WriteUInt32BigEndian(rest[6..], LifetimeSeconds);
        BinaryPrimitives.WriteUInt16BigEndian(rest[10..], (ushort)record.Length);
        record.CopyTo(rest[recordHeadBytes..]);
        return answer;
    }
}
