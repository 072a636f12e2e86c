using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;

namespace MicroVm.EdgeAgent.Sessions;

/// <summary>
/// Connects to a guest's init through the VMM's vsock socket (src/Vmm/docs: the host writes <c>CONNECT port</c> and the VMM answers
/// <c>OK port</c> once the guest has taken the connection).
/// </summary>
internal static class GuestDoor
{
    /// <summary>Longest answer, its end included: OK and a port.</summary>
    private const int MaxAnswerBytes = 32;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>Opens a connection to init's session port.</summary>
    /// <param name="path">The VM's vsock socket.</param>
    /// <param name="time">Clock of the limit.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The guest does not take it.</exception>
    internal static async Task<StreamChannel> ConnectAsync(string path, TimeProvider time, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = new(s_limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), either.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"CONNECT {SessionFrame.GuestPort}\n"), either.Token);
            string answer = await ReadLineAsync(socket, either.Token);
            return answer.StartsWith("OK ", StringComparison.Ordinal)
                ? new StreamChannel(new NetworkStream(socket, ownsSocket: true))
                : throw new IOException(answer.Length == 0 ? "its init does not take sessions; it may be too old, or still starting" : "its VMM gave another answer than OK");
        }
        catch (Exception e)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw e switch
            {
                OperationCanceledException => new IOException($"no answer within {s_limit.TotalSeconds:0} s", e),
                SocketException => new IOException($"its vsock cannot be reached: {e.Message}", e),
                _ => e,
            };
        }
    }

    /// <summary>Reads up to the line's end and not a byte further: what follows is the guest's.</summary>
    private static async Task<string> ReadLineAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] line = new byte[MaxAnswerBytes];
        for (int have = 0; have < line.Length; have++)
        {
            if (await socket.ReceiveAsync(line.AsMemory(have, 1), cancellation) == 0)
            {
                return "";
            }

            if (line[have] == '\n')
            {
                return Encoding.ASCII.GetString(line, 0, have);
            }
        }

        return "?";
    }
}
