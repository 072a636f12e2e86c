using System.Buffers.Binary;
using System.Net.Sockets;

namespace MicroVm.EdgeAgent.Local;

/// <summary>Who is at the other end of a Unix socket, as the kernel says (<c>struct ucred</c> of unix(7)).</summary>
/// <param name="Pid">Process that connected.</param>
/// <param name="Uid">Its user when it connected.</param>
/// <param name="Gid">Its group when it connected.</param>
internal readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid)
{
    private const int SolSocket = 1, SoPeercred = 17, UcredBytes = 12;

    /// <summary>Asks the kernel; null when it does not say.</summary>
    internal static PeerCredentials? Of(Socket socket)
    {
        Span<byte> ucred = stackalloc byte[UcredBytes];
        try
        {
            return socket.GetRawSocketOption(SolSocket, SoPeercred, ucred) == UcredBytes
                ? new PeerCredentials(
                    BinaryPrimitives.ReadInt32LittleEndian(ucred),
                    BinaryPrimitives.ReadUInt32LittleEndian(ucred[4..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(ucred[8..]))
                : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Root may ask, and the user that the agent runs as.</summary>
    internal bool MayAsk(uint agentUid) => Uid == 0 || Uid == agentUid;
}
