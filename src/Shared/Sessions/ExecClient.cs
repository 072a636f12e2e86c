using System.Buffers.Binary;
using System.Threading.Channels;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Faults;

namespace MicroVm.Shared.Sessions;

/// <summary>
/// A program in a VM at this process's streams: bytes pass as they are, and with a terminal the keys and the window's size too.
/// </summary>
/// <param name="channel">The session; owned by the caller.</param>
/// <param name="input">What the program reads; null for nothing.</param>
/// <param name="output">Where its standard output goes.</param>
/// <param name="errors">Where its standard error goes.</param>
/// <param name="device">The terminal that the program is to have; null for none.</param>
public sealed class ExecClient(SessionChannel channel, Stream? input, Stream output, Stream errors, ITerminalDevice? device)
{
    private const int InputBytes = 16 << 10;

    /// <summary>Runs the program to its end.</summary>
    /// <returns>How it ended, or why it could not be run.</returns>
    /// <exception cref="IOException">The connection broke while it ran.</exception>
    public async Task<SessionClosed> RunAsync(SessionOpen open, CancellationToken cancellation)
    {
        (int rows, int columns) = device?.Size ?? default;
        open = open with { Terminal = device is not null, Rows = rows, Columns = columns };
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        IDisposable? raw = null;
        try
        {
            await channel.SendAsync(SessionFrameKind.Open, open.Encode(), cancellation);
            while (true)
            {
                SessionFrame frame = SessionFrame.Decode(await NextAsync(cancellation));
                SessionRules.CheckAnswering(SessionKind.Exec, frame);
                switch (frame.Kind)
                {
                    case SessionFrameKind.Opened:
                        raw ??= device?.EnterRaw();
                        _ = PassInputAsync(over.Token);
                        _ = PassSizesAsync(over.Token);
                        break;
                    case SessionFrameKind.Output:
                        await WriteAsync(output, frame.Content, cancellation);
                        break;
                    case SessionFrameKind.ErrorOutput:
                        await WriteAsync(errors, frame.Content, cancellation);
                        break;
                    case SessionFrameKind.Closed:
                        raw?.Dispose();
                        return SessionClosed.Decode(frame.Content);
                }
            }
        }
        catch (WireFormatException e)
        {
            throw new IOException($"the session broke: {e.Message}", e);
        }
        finally
        {
            raw?.Dispose();
            await over.CancelAsync();
        }
    }

    private async Task<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> message;
        try
        {
            message = await channel.ReceiveAsync(cancellation);
        }
        catch (IOException e)
        {
            throw new IOException($"the connection broke, and with it the program in the VM was ended: {e.Message}", e);
        }

        return message.IsEmpty ? throw new IOException("the connection was closed, and with it the program in the VM was ended") : message;
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
            while (input is not null && (count = await input.ReadAsync(message.AsMemory(1), over)) > 0)
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
