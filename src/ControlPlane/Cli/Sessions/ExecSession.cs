using System.Buffers.Binary;
using System.Threading.Channels;
using MicroVm.ControlPlane.Cli.Api;
using MicroVm.ControlPlane.Cli.Hosting;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Cli.Sessions;

/// <summary>
/// A program in a VM at this process's streams: bytes pass as they are, and with a terminal the keys and the window's size too.
/// </summary>
/// <param name="context">What the command works with.</param>
/// <param name="channel">The session; owned by the caller.</param>
/// <param name="passInput">Standard input is the program's.</param>
/// <param name="device">The terminal that the program is to have; null for none.</param>
internal sealed class ExecSession(CliContext context, SessionChannel channel, bool passInput, ITerminalDevice? device)
{
    private const int InputBytes = 16 << 10;

    /// <summary>Runs the program to its end.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="ApiException">It could not be run.</exception>
    /// <exception cref="ServerUnreachableException">The connection broke while it ran.</exception>
    internal async Task<int> RunAsync(SessionOpen open, CancellationToken cancellation)
    {
        (int rows, int columns) = device?.Size ?? default;
        open = open with { Terminal = device is not null, Rows = rows, Columns = columns };
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        IDisposable? raw = null;
        try
        {
            await channel.SendAsync(SessionFrameKind.Open, open.Encode(), cancellation);
            Task input = Task.CompletedTask, resizes = Task.CompletedTask;
            while (true)
            {
                SessionFrame frame = SessionFrame.Decode(await NextAsync(cancellation));
                SessionRules.CheckAnswering(SessionKind.Exec, frame);
                switch (frame.Kind)
                {
                    case SessionFrameKind.Opened:
                        raw ??= device?.EnterRaw();
                        input = PassInputAsync(over.Token);
                        resizes = PassSizesAsync(over.Token);
                        break;
                    case SessionFrameKind.Output:
                        await WriteAsync(context.Terminal.RawOut, frame.Content, cancellation);
                        break;
                    case SessionFrameKind.ErrorOutput:
                        await WriteAsync(context.Terminal.RawError, frame.Content, cancellation);
                        break;
                    case SessionFrameKind.Closed:
                        raw?.Dispose();
                        return Finish(SessionClosed.Decode(frame.Content));
                }
            }
        }
        catch (WireFormatException e)
        {
            throw new ServerUnreachableException($"the session broke: {e.Message}", e);
        }
        finally
        {
            raw?.Dispose();
            await over.CancelAsync();
        }
    }

    private int Finish(SessionClosed closed)
    {
        if (closed.Fault.Length == 0)
        {
            return closed.ExitCode;
        }

        if (closed.ExitCode == 0)
        {
            throw new ApiException(new ProblemView(null, "no session", 0, closed.Fault, null));
        }

        context.Terminal.Error.WriteLine($"mvm: {Output.Terminal.Safe(closed.Fault)}");
        return closed.ExitCode;
    }

    private async Task<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        try
        {
            ReadOnlyMemory<byte> message = await channel.ReceiveAsync(cancellation);
            return message.IsEmpty ? throw new IOException("the control plane closed it") : message;
        }
        catch (IOException e)
        {
            throw new ServerUnreachableException($"the connection broke, and with it the program in the VM was ended: {e.Message}", e);
        }
    }

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await stream.WriteAsync(bytes, cancellation);
        await stream.FlushAsync(cancellation);
    }

    /// <summary>A read of a terminal cannot be called off: it is left behind when the session ends, and ends with the process.</summary>
    private async Task PassInputAsync(CancellationToken over)
    {
        await Task.Yield();
        try
        {
            byte[] message = new byte[1 + InputBytes];
            message[0] = (byte)SessionFrameKind.Input;
            int count;
            while (passInput && (count = await context.Terminal.In.ReadAsync(message.AsMemory(1), over)) > 0)
            {
                await channel.SendAsync(message.AsMemory(0, 1 + count), over);
            }

            await channel.SendAsync(SessionFrameKind.InputEnd, default, over);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The reading side finds the same and says it.
        }
    }

    private async Task PassSizesAsync(CancellationToken over)
    {
        if (device is null)
        {
            return;
        }

        Channel<bool> changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using IDisposable watch = device.OnResized(() => changes.Writer.TryWrite(true));
        byte[] size = new byte[4];
        try
        {
            await foreach (bool _ in changes.Reader.ReadAllAsync(over))
            {
                (int rows, int columns) = device.Size;
                BinaryPrimitives.WriteUInt16BigEndian(size, (ushort)rows);
                BinaryPrimitives.WriteUInt16BigEndian(size.AsSpan(2), (ushort)columns);
                await channel.SendAsync(SessionFrameKind.Resize, size, over);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The reading side finds the same and says it.
        }
    }
}
