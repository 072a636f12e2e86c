using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Control;

/// <summary>The control API: Firecracker's REST over HTTP/1.1 on a Unix socket, on the event loop.</summary>
internal sealed class ApiServer : IEventSource, IDisposable
{
    private const int Backlog = 16;

    private readonly string _path;
    private readonly int _maxBodyBytes;
    private readonly EpollLoop _loop;
    private readonly ApiHandler _handler;
    private readonly List<HttpConnection> _connections = [];
    private readonly Action<HttpConnection> _forget;
    private int _listener;
    private bool _listenerMuted;

    /// <summary>Listens; a stale socket file is replaced. On the loop's thread or before it runs.</summary>
    /// <param name="socketPath">Where the socket is made; removed by <see cref="Dispose"/>.</param>
    /// <param name="loop">Where clients are served.</param>
    /// <param name="info">What GET / tells; becomes Running here when InstanceStart succeeds.</param>
    /// <param name="config">What requests fill in.</param>
    /// <param name="vm">What requests act on.</param>
    /// <param name="maxBodyBytes">Longest request body.</param>
    /// <param name="metadata">The guest's metadata; by default an own one, as large as a body may be.</param>
    /// <param name="metrics">What requests are counted in; by default an own one.</param>
    /// <exception cref="OsFaultException">The socket cannot be made.</exception>
    internal ApiServer(
        string socketPath,
        EpollLoop loop,
        InstanceInfo info,
        VmConfigBuilder config,
        IVmControl vm,
        int maxBodyBytes = HttpLimits.DefaultMaxBodyBytes,
        MetadataService? metadata = null,
        ApiMetrics? metrics = null)
    {
        _maxBodyBytes = maxBodyBytes;
        _path = socketPath;
        _loop = loop;
        _handler = new ApiHandler(info, config, vm, metadata ?? new MetadataService(maxBodyBytes), metrics ?? new ApiMetrics());
        _forget = Forget;
        _listener = UnixSocket.Listen(socketPath, Backlog);
        loop.Add(_listener, EpollLoop.In, this, 0);
    }

    /// <summary>A client connects.</summary>
    public void OnReady(uint events, uint token)
    {
        int fd = UnixSocket.TryAccept(_listener);
        if (fd >= 0)
        {
            MakeRoom();
            AddClient(fd);
        }
        else if (fd is not (-Errno.Again or -Errno.Interrupted))
        {
            // Out of descriptors, most likely: the listener stays readable, so rest it until a client goes.
            _listenerMuted = true;
            _loop.Modify(_listener, 0);
        }
    }

    public void Dispose()
    {
        if (_listener < 0)
        {
            return;
        }

        foreach (HttpConnection connection in _connections)
        {
            connection.Dispose();
        }

        _connections.Clear();
        _loop.Remove(_listener);
        _ = Libc.close(_listener);
        _ = Libc.unlink(_path);
        _listener = -1;
    }

    private void AddClient(int fd)
    {
        try
        {
            _connections.Add(new HttpConnection(fd, _loop, _handler, _forget, _maxBodyBytes));
        }
        catch (OsFaultException)
        {
            // The host is out of epoll watches: the client may try again, and the VM runs on.
            _ = Libc.close(fd);
        }
    }

    private void MakeRoom()
    {
        if (_connections.Count < HttpLimits.MaxConnections)
        {
            return;
        }

        HttpConnection oldest = _connections[0];
        foreach (HttpConnection connection in _connections)
        {
            oldest = connection.LastActive < oldest.LastActive ? connection : oldest;
        }

        Forget(oldest);
        oldest.Dispose();
    }

    private void Forget(HttpConnection connection)
    {
        _connections.Remove(connection);
        if (_listenerMuted)
        {
            _listenerMuted = false;
            _loop.Modify(_listener, EpollLoop.In);
        }
    }
}
