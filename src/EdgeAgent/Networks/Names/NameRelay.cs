using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace MicroVm.EdgeAgent.Networks.Names;

/// <summary>
/// Passes questions on to the host's resolvers. Each goes out from a socket, and so a port, of its own with a number of its own,
/// and an answer counts only when it comes from whom was asked, with that number and that question.
/// </summary>
internal sealed class NameRelay(HostResolvers resolvers, TimeProvider time, int port = NameRelay.Port)
{
    /// <summary>Port of name servers.</summary>
    internal const int Port = 53;

    /// <summary>Largest message over UDP that is passed on.</summary>
    internal const int MostUdpBytes = 4096;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);

    /// <summary>Asks over UDP.</summary>
    /// <param name="query">The guest's message.</param>
    /// <param name="questionEnd">Where its question ends.</param>
    /// <param name="own">Addresses that are not asked, because they lead here.</param>
    /// <param name="cancellation">Nobody wants to know any more.</param>
    /// <returns>The answer with the guest's number; null when nobody answered.</returns>
    internal async Task<byte[]?> AskAsync(byte[] query, int questionEnd, IPAddress?[] own, CancellationToken cancellation)
    {
        foreach (IPAddress server in resolvers.Current(own))
        {
            if (await TryAsync(token => AskUdpAsync(server, query, questionEnd, token), cancellation) is byte[] answer)
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>Asks over TCP.</summary>
    /// <returns>The answer with the guest's number; null when nobody answered.</returns>
    internal async Task<byte[]?> AskTcpAsync(byte[] query, int questionEnd, IPAddress?[] own, CancellationToken cancellation)
    {
        foreach (IPAddress server in resolvers.Current(own))
        {
            if (await TryAsync(token => AskTcpAsync(server, query, questionEnd, token), cancellation) is byte[] answer)
            {
                return answer;
            }
        }

        return null;
    }

    private async Task<byte[]?> TryAsync(Func<CancellationToken, Task<byte[]?>> ask, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = new(s_limit, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return await ask(both.Token);
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }

    private async Task<byte[]?> AskUdpAsync(IPAddress server, byte[] query, int questionEnd, CancellationToken cancellation)
    {
        (byte[] sent, ushort number) = Renumber(query);
        using Socket socket = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(new IPEndPoint(server, port), cancellation);
        await socket.SendAsync(sent, cancellation);
        byte[] buffer = new byte[MostUdpBytes];
        while (true)
        {
            int count = await socket.ReceiveAsync(buffer, cancellation);
            if (IsAnswer(buffer.AsSpan(0, count), sent, questionEnd, number))
            {
                query.AsSpan(0, 2).CopyTo(buffer);
                return buffer[..count];
            }
        }
    }

    private async Task<byte[]?> AskTcpAsync(IPAddress server, byte[] query, int questionEnd, CancellationToken cancellation)
    {
        (byte[] sent, ushort number) = Renumber(query);
        using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(server, port), cancellation);
        await using NetworkStream stream = new(socket);
        await DnsStream.WriteAsync(stream, sent, cancellation);
        byte[]? answer = await DnsStream.ReadAsync(stream, cancellation);
        if (answer is null || !IsAnswer(answer, sent, questionEnd, number))
        {
            return null;
        }

        query.AsSpan(0, 2).CopyTo(answer);
        return answer;
    }

    private static (byte[] Message, ushort Number) Renumber(byte[] query)
    {
        byte[] sent = [.. query];
        RandomNumberGenerator.Fill(sent.AsSpan(0, 2));
        return (sent, BinaryPrimitives.ReadUInt16BigEndian(sent));
    }

    private static bool IsAnswer(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> sent, int questionEnd, ushort number) =>
        answer.Length >= questionEnd && BinaryPrimitives.ReadUInt16BigEndian(answer) == number && (answer[2] & 0x80) != 0
        && answer[DnsQuery.HeaderBytes..questionEnd].SequenceEqual(sent[DnsQuery.HeaderBytes..questionEnd]);
}
