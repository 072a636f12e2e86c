using System.Net;
using System.Net.Sockets;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.ControlPlane.Cli.Output;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Cli.Sessions;

/// <summary>Listens for connections and carries each one to a port of a VM in a session of its own.</summary>
/// <param name="context">What the command works with.</param>
/// <param name="path">Where sessions with the VM are opened.</param>
/// <param name="address">Where to listen.</param>
internal sealed class PortForwarder(CliContext context, string path, IPAddress address) : IDisposable
{
    private const int BufferBytes = 32 << 10;

    private readonly List<(Socket Listener, int Remote)> _listeners = [];

    /// <summary>Listens for one port.</summary>
    /// <returns>The port with the number that it really has here.</returns>
    /// <exception cref="UsageException">The port cannot be listened on.</exception>
    internal ForwardedPort Listen(ForwardedPort port)
    {
        Socket listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(address, port.Local));
            listener.Listen();
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new UsageException($"port {port.Local}: expected one that can be listened on at {address}: {e.Message}");
        }

        _listeners.Add((listener, port.Remote));
        return port with { Local = ((IPEndPoint)listener.LocalEndPoint!).Port };
    }

    /// <summary>Carries connections until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation) =>
        await Task.WhenAll(_listeners.Select(one => AcceptAsync(one.Listener, one.Remote, cancellation)));

    /// <inheritdoc/>
    public void Dispose() => _listeners.ForEach(static one => one.Listener.Dispose());

    private async Task AcceptAsync(Socket listener, int remote, CancellationToken cancellation)
    {
        List<Task> open = [];
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptAsync(cancellation);
                open.RemoveAll(static task => task.IsCompleted);
                open.Add(CarryAsync(socket, remote, cancellation));
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how forwarding ends.
        }

        await Task.WhenAll(open);
    }

    private async Task CarryAsync(Socket socket, int remote, CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            await using NetworkStream local = new(socket, ownsSocket: true);
            await using SessionChannel channel = await context.Api.OpenSessionAsync(path, cancellation);
            await channel.SendAsync(SessionFrameKind.Open, new SessionOpen { Kind = SessionKind.Forward, Port = remote }.Encode(), cancellation);
            using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task up = UpAsync(local, channel, over);
            try
            {
                await DownAsync(socket, local, channel, over.Token);
            }
            finally
            {
                await over.CancelAsync();
                await up;
            }
        }
        catch (Exception e) when (e is ApiException or ServerUnreachableException or WireFormatException)
        {
            await context.Terminal.Error.WriteLineAsync($"connection to port {remote}: {Terminal.Safe(e.Message)}");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The side here has closed, or everything ends.
        }
    }

    /// <summary>What comes from here goes into the session; a connection that is reset here ends it.</summary>
    private static async Task UpAsync(NetworkStream local, SessionChannel channel, CancellationTokenSource over)
    {
        byte[] message = new byte[1 + BufferBytes];
        message[0] = (byte)SessionFrameKind.Input;
        try
        {
            int count;
            while ((count = await local.ReadAsync(message.AsMemory(1), over.Token)) > 0)
            {
                await channel.SendAsync(message.AsMemory(0, 1 + count), over.Token);
            }

            await channel.SendAsync(SessionFrameKind.InputEnd, default, over.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            await over.CancelAsync();
        }
    }

    private async Task DownAsync(Socket socket, NetworkStream local, SessionChannel channel, CancellationToken over)
    {
        while (true)
        {
            ReadOnlyMemory<byte> message = await channel.ReceiveAsync(over);
            if (message.IsEmpty)
            {
                throw new ServerUnreachableException("the control plane closed it");
            }

            SessionFrame frame = SessionFrame.Decode(message);
            SessionRules.CheckAnswering(SessionKind.Forward, frame);
            switch (frame.Kind)
            {
                case SessionFrameKind.Output:
                    await local.WriteAsync(frame.Content, over);
                    break;
                case SessionFrameKind.OutputEnd:
                    socket.Shutdown(SocketShutdown.Send);
                    break;
                case SessionFrameKind.Closed when SessionClosed.Decode(frame.Content).Fault is { Length: > 0 } fault:
                    await context.Terminal.Error.WriteLineAsync($"connection: {Terminal.Safe(fault)}");
                    return;
                case SessionFrameKind.Closed:
                    return;
            }
        }
    }
}
