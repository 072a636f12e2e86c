using System.Net;
using System.Net.Sockets;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Passes TCP connections on and cuts each after a random number of bytes that came back.</summary>
internal sealed class CuttingProxy : IDisposable
{
    private const int LeastBytes = 6_000, MostBytes = 16_000;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Random _random;
    private readonly int _target;
    private int _cuts;

    internal CuttingProxy(int target, int seed)
    {
        (_target, _random) = (target, new Random(seed));
        _listener.Start();
        _ = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections that were cut.</summary>
    internal int Cuts => Volatile.Read(ref _cuts);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                _ = PassAsync(client, _random.Next(LeastBytes, MostBytes));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(TcpClient client, int bytes)
    {
        using (client)
        using (TcpClient server = new())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target);
                Task up = client.GetStream().CopyToAsync(server.GetStream());
                byte[] buffer = new byte[1024];
                int count;
                while (bytes > 0 && (count = await server.GetStream().ReadAsync(buffer.AsMemory(0, Math.Min(bytes, buffer.Length)))) > 0)
                {
                    await client.GetStream().WriteAsync(buffer.AsMemory(0, count));
                    bytes -= count;
                }

                Interlocked.Increment(ref _cuts);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // Either side has gone.
            }
        }
    }
}
