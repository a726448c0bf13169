import { become } from './become.mjs'

become('post')
