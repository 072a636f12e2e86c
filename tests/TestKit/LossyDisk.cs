using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.TestKit;

/// <summary>
/// A disk with a write-back cache that a power cut empties: what was written since the last flush is in memory, and a cut keeps a random part of
/// it, block by block, in no order. What was flushed is in the file. QEMU has it by NBD (the newstyle protocol of the NBD project's doc/proto.md).
/// </summary>
public sealed partial class LossyDisk : IAsyncDisposable
{
    private const int BlockBytes = 4096;

    private readonly SafeFileHandle _file;
    private readonly long _size;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Dictionary<long, byte[]> _cache = [];
    private readonly Lock _lock = new();
    private readonly Task _serving;
    private Socket? _connection;
    private TaskCompletionSource? _stopped;
    private int _writesLeft;

    /// <summary>Serves a raw disk.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="socket">Where QEMU finds it.</param>
    public LossyDisk(string path, string socket)
    {
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        _size = RandomAccess.GetLength(_file);
        SocketPath = socket;
        File.Delete(socket);
        _listener.Bind(new UnixDomainSocketEndPoint(socket));
        _listener.Listen(1);
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Where QEMU finds it.</summary>
    public string SocketPath { get; }

    /// <summary>
    /// Answers nothing any more after so many writes: what a power cut in the middle of a transaction is. Completes then; the machine has to be
    /// switched off and the disk to be cut.
    /// </summary>
    public Task StopAfter(int writes)
    {
        lock (_lock)
        {
            _writesLeft = writes;
            _stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _stopped.Task;
        }
    }

    /// <summary>The power goes: of each block that was not flushed, it is chance whether it is on the disk.</summary>
    /// <param name="random">Decides.</param>
    /// <returns>Blocks that were not flushed, and how many of them are lost.</returns>
    public (int Unflushed, int Lost) Cut(Random random)
    {
        lock (_lock)
        {
            _connection?.Dispose();
            _connection = null;
            _stopped = null;
            // Now and then nothing of it, or everything.
            double kept = random.Next(4) switch { 0 => 0, 1 => 1, _ => random.NextDouble() };
            int lost = 0;
            foreach ((long block, byte[] bytes) in _cache)
            {
                if (random.NextDouble() < kept)
                {
                    RandomAccess.Write(_file, bytes, block * BlockBytes);
                }
                else
                {
                    lost++;
                }
            }

            int unflushed = _cache.Count;
            _cache.Clear();
            return (unflushed, lost);
        }
    }

    /// <summary>Keeps everything and lets go of the file.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            Flush();
            _connection?.Dispose();
        }

        _listener.Dispose();
        await _serving.ConfigureAwait(false);
        _file.Dispose();
    }

    private void Read(long offset, Span<byte> into)
    {
        lock (_lock)
        {
            RandomAccess.Read(_file, into, offset);
            for (long block = offset / BlockBytes; block * BlockBytes < offset + into.Length; block++)
            {
                if (_cache.TryGetValue(block, out byte[]? bytes))
                {
                    long from = Math.Max(offset, block * BlockBytes), to = Math.Min(offset + into.Length, (block + 1) * BlockBytes);
                    bytes.AsSpan((int)(from - (block * BlockBytes)), (int)(to - from)).CopyTo(into[(int)(from - offset)..]);
                }
            }
        }
    }

    private void Write(long offset, ReadOnlySpan<byte> from)
    {
        lock (_lock)
        {
            for (long block = offset / BlockBytes; block * BlockBytes < offset + from.Length; block++)
            {
                if (!_cache.TryGetValue(block, out byte[]? bytes))
                {
                    bytes = new byte[BlockBytes];
                    RandomAccess.Read(_file, bytes, block * BlockBytes);
                    _cache.Add(block, bytes);
                }

                long begin = Math.Max(offset, block * BlockBytes), end = Math.Min(offset + from.Length, (block + 1) * BlockBytes);
                from[(int)(begin - offset)..(int)(end - offset)].CopyTo(bytes.AsSpan((int)(begin - (block * BlockBytes))));
            }
        }
    }

    /// <summary>Whether the disk still answers; counts a write.</summary>
    private bool IsAlive(bool isWrite)
    {
        lock (_lock)
        {
            if (_stopped is null || (isWrite ? --_writesLeft : _writesLeft) > 0)
            {
                return true;
            }

            _stopped.TrySetResult();
            return false;
        }
    }

    private void Flush()
    {
        lock (_lock)
        {
            foreach ((long block, byte[] bytes) in _cache)
            {
                RandomAccess.Write(_file, bytes, block * BlockBytes);
            }

            _cache.Clear();
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                Socket connection = await _listener.AcceptAsync().ConfigureAwait(false);
                lock (_lock)
                {
                    _connection = connection;
                }

                using NetworkStream stream = new(connection, ownsSocket: true);
                if (await NegotiateAsync(stream).ConfigureAwait(false))
                {
                    await AnswerAsync(stream).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is IOException or EndOfStreamException)
            {
                // The machine is switched off.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (_listener.SafeHandle.IsInvalid || _listener.SafeHandle.IsClosed)
                {
                    return;
                }
            }
        }
    }

    private static async Task<byte[]> TakeAsync(Stream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).ConfigureAwait(false);
        return bytes;
    }

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
}
