using System.Net.Sockets;
using System.Text;

namespace MicroVm.EdgeAgent.Local;

/// <summary>The other end: asks the agent that runs on this device.</summary>
internal static class LocalClient
{
    /// <summary>Sends a request and hands on each line of the answer.</summary>
    /// <exception cref="LocalFaultException">No agent answers, or it refuses.</exception>
    internal static async Task AskAsync(string path, LocalRequest request, Action<string> onLine, CancellationToken cancellation)
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
        }
        catch (SocketException e)
        {
            throw new LocalFaultException($"{path}: no agent answers there: {e.Message}", e);
        }

        await using NetworkStream stream = new(socket);
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToLine() + "\n"), cancellation);
            using StreamReader reader = new(stream, Encoding.UTF8);
            bool isFirst = true;
            while (await reader.ReadLineAsync(cancellation) is string line)
            {
                if (line.StartsWith("error: ", StringComparison.Ordinal))
                {
                    throw new LocalFaultException(line["error: ".Length..]);
                }

                if (!isFirst)
                {
                    onLine(line);
                }

                isFirst = false;
            }

            if (isFirst)
            {
                throw new LocalFaultException($"{path}: the agent ended the connection without an answer");
            }
        }
        catch (IOException e)
        {
            throw new LocalFaultException($"{path}: the connection broke: {e.Message}", e);
        }
    }
}
